export { type AuditRow, type AuditSearch, readAudit } from './read.ts'
export { type AuditEntry, audit, auditAll, auditSql, auditValues } from './record.ts'
export { startSealing } from './seal.ts'
export { type AuditVerdict, verifyAudit } from './verify.ts'
