/** Whether a trace is recorded, by its id; `parent` is what the caller decided, if there was one. */
export type Sampler = (traceId: string, parent?: boolean) => boolean

/** The sampler that OTEL_TRACES_SAMPLER names; a name nobody knows records everything, as the specification says. */
export function samplerOf(name: string | undefined, argument: string | undefined): Sampler {
  const [, based, kind] = /^(parentbased_)?(always_on|always_off|traceidratio)$/.exec(name ?? '') ?? []
  const own = ownSampler(kind, argument)
  const follows = based !== undefined || kind === undefined
  return (traceId, parent) => (follows && parent !== undefined ? parent : own(traceId))
}

function ownSampler(kind: string | undefined, argument: string | undefined): (traceId: string) => boolean {
  if (kind === 'always_off') return () => false
  if (kind !== 'traceidratio') return () => true
  const share = Number(argument ?? 1)
  const ratio = share >= 0 && share <= 1 ? share : 1
  // By the id alone, so that all services that take part in a trace come to the same answer.
  return traceId => Number.parseInt(traceId.slice(-8), 16) < ratio * 2 ** 32
}
