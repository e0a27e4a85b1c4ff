export { changePassword, type PasswordChange, type PasswordOutcome } from './change.ts'
export { checkPassword } from './check.ts'
export { describeFault, type PasswordFault } from './faults.ts'
export { type PasswordOwner, readPasswordOwner } from './owner.ts'
