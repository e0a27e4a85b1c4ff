import type { DataOf } from '../../../app/graph.ts'

export type Source = NonNullable<DataOf<'SystemSource'>['systemSource']>
export type Check = DataOf<'CheckSystem'>['checkSystem']
export type Fault = Check['faults'][number]
export type Difference = Check['difference']
export type Change = Difference['changes'][number]
export type MappedType = Check['mapped'][number]
export type Trial = DataOf<'TrySystem'>['trySystem']
export type Publication = DataOf<'PublishSystem'>['publishSystem']
export type Secret = DataOf<'SystemSecrets'>['systemSecrets'][number]
export type Revision = DataOf<'SystemRevisions'>['systemRevisions'][number]
export type Drift = DataOf<'SystemDrift'>['systemDrift'][number]
