import type { Effect, System } from '../answers.ts'
import { useAdminTexts } from '../texts.ts'
import { inLocale } from '../use-admin.ts'

/** What became of a publication in each system, until everything is in force. */
export function EffectsPanel({
  published,
  effects,
  systems,
}: {
  published: number
  effects: Effect[]
  systems: System[]
}) {
  const t = useAdminTexts()
  return (
    <div className="notice" role="status">
      <span>
        <b>{t('roles.published', { version: published })}</b>{' '}
        {effects
          .filter(effect => effect.done + effect.pending + effect.failed > 0)
          .map(effect => {
            const system = systems.find(one => one.id === effect.system)
            return (
              <span key={effect.system} className="nowrap small">
                <span
                  className={
                    effect.state === 'failed' ? 'state bad' : effect.state === 'pending' ? 'state half' : 'state'
                  }
                >
                  {system ? inLocale(system.name) : effect.system}
                </span>{' '}
                <span className="dim">
                  {effect.state === 'failed'
                    ? t('roles.effect.failed', { failed: effect.failed })
                    : effect.state === 'pending'
                      ? t('roles.effect.pending', { pending: effect.pending })
                      : t('roles.effect.done', { done: effect.done })}
                </span>{' '}
              </span>
            )
          })}
      </span>
    </div>
  )
}
