import { now } from '@atrium/platform/clock'
import type { SystemDefinition } from './configuration.ts'
import type { Pause } from './resilience/pace.ts'
import { daysLeft } from './resilience/secure.ts'
import type { BreakerState, SystemEventKind, Text, UpstreamError } from './types.ts'
import {
  certificateWords,
  closedWords,
  failureWords,
  openedWords,
  pausedWords,
  resumedWords,
  trialWords,
} from './words.ts'

// A system that complains again and again is one incident; longer pauses are worth telling each time.
const quietMs = 300_000
const longPauseMs = 60_000
const warnDays = 30

/**
 * Turns what happens to one system into events that a person reads: one for the beginning of a trouble, one for each new
 * reason, one for its end.
 */
export class Incidents {
  #definition: SystemDefinition
  #note: (kind: SystemEventKind, text: Text) => void
  #openedAt: Date | undefined
  #told = ''
  #reason: Text | undefined
  #pausedAt = 0
  #pauseTold = false
  #lookedAt = 0

  constructor(definition: SystemDefinition, note: (kind: SystemEventKind, text: Text) => void) {
    this.#definition = definition
    this.#note = note
  }

  /** Why the last call failed, if it did. */
  get reason(): Text | undefined {
    return this.#reason
  }

  /** Takes note of how a call ended. */
  called(failure: UpstreamError | undefined): void {
    this.#reason = failure && failureWords(failure, this.#definition)
  }

  breaker(state: BreakerState, window: { calls: number; failures: number }): void {
    if (state === 'OPEN' && !this.#openedAt) {
      this.#openedAt = now()
      this.#told = this.#reason?.zh ?? ''
      this.#note('BREAKER_OPENED', openedWords(this.#definition, window, this.#reason))
    }
    if (state === 'CLOSED' && this.#openedAt) {
      this.#note('BREAKER_CLOSED', closedWords(now().getTime() - this.#openedAt.getTime()))
      this.#openedAt = undefined
    }
  }

  /** A trial of a system in trouble failed. It is told when the reason is another than before. */
  trialFailed(error: UpstreamError): void {
    const reason = failureWords(error, this.#definition)
    if (!this.#openedAt || reason.zh === this.#told) return
    this.#told = reason.zh
    this.#note('PROBE_FAILED', trialWords(reason))
  }

  pause(pause: Pause | null): void {
    const at = now()
    if (pause === null) {
      if (this.#pauseTold) this.#note('RESUMED', resumedWords)
      this.#pauseTold = false
      return
    }
    const long = pause.until.getTime() - at.getTime() >= longPauseMs
    if (!long && at.getTime() - this.#pausedAt < quietMs) return
    this.#pausedAt = at.getTime()
    this.#pauseTold = true
    this.#note('PAUSED', pausedWords(pause, at))
  }

  /** Warns of a certificate of ours that will not be good for long; looks once a day, however often it is asked to. */
  checkCertificate(): void {
    const at = now()
    if (at.getTime() - this.#lookedAt < 86_400_000) return
    this.#lookedAt = at.getTime()
    const days = daysLeft(this.#definition.tls, at)
    if (days !== null && days <= warnDays) this.#note('CERTIFICATE_EXPIRES', certificateWords(days))
  }
}
