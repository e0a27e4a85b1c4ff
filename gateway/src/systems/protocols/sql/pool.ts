import { DatabaseFault, type Driver, type Session } from './session.ts'

const longestIdle = 30_000

interface Waiter {
  take: (session: Session | undefined) => void
  timer: NodeJS.Timeout
}

/** Connections to one database: never more than `most`, kept while they are used, ended after half a minute without. */
export class SessionPool {
  #driver: Driver
  #most: number
  #idle: { session: Session; timer: NodeJS.Timeout }[] = []
  #all = new Set<Session>()
  #open = 0
  #waiting: Waiter[] = []
  #closed = false

  constructor(driver: Driver, most: number) {
    this.#driver = driver
    this.#most = most
  }

  /** connections there are, idle ones too */
  get size(): number {
    return this.#open
  }

  /** A connection of one's own until it is given back. @throws DatabaseFault */
  async take(deadline: number): Promise<Session> {
    if (this.#closed) throw new DatabaseFault('unreachable', 'is no longer connected')
    for (let kept = this.#idle.pop(); kept; kept = this.#idle.pop()) {
      clearTimeout(kept.timer)
      if (kept.session.alive) return kept.session
      this.#forget(kept.session)
    }
    if (this.#open >= this.#most) {
      const given = await this.#wait(deadline)
      if (given) return given
    } else this.#open += 1
    try {
      const session = await this.#driver.connect(Math.max(1, deadline - Date.now()))
      this.#all.add(session)
      if (this.#closed) session.destroy()
      return session
    } catch (error) {
      this.#released()
      throw error
    }
  }

  giveBack(session: Session): void {
    if (!session.alive || this.#closed) {
      this.discard(session)
      return
    }
    const next = this.#waiting.shift()
    if (next) {
      clearTimeout(next.timer)
      next.take(session)
      return
    }
    const timer = setTimeout(() => {
      this.#idle = this.#idle.filter(one => one.session !== session)
      this.discard(session)
    }, longestIdle)
    timer.unref()
    this.#idle.push({ session, timer })
  }

  /** Ends a connection whose state is not known. */
  discard(session: Session): void {
    session.destroy()
    this.#forget(session)
  }

  close(): void {
    this.#closed = true
    for (const { timer } of this.#idle) clearTimeout(timer)
    this.#idle = []
    for (const session of this.#all) session.destroy()
    for (const { timer, take } of this.#waiting.splice(0)) {
      clearTimeout(timer)
      take(undefined)
    }
  }

  #forget(session: Session): void {
    if (this.#all.delete(session)) this.#released()
  }

  // Room for one more: whoever waits connects anew in its place.
  #released(): void {
    this.#open -= 1
    const next = this.#waiting.shift()
    if (!next) return
    clearTimeout(next.timer)
    this.#open += 1
    next.take(undefined)
  }

  /** Waits for a connection that is given back, or for room to make one: undefined. */
  async #wait(deadline: number): Promise<Session | undefined> {
    const given = await new Promise<Session | undefined>((resolve, reject) => {
      const waiter: Waiter = {
        take: resolve,
        timer: setTimeout(
          () => {
            this.#waiting.splice(this.#waiting.indexOf(waiter), 1)
            reject(new DatabaseFault('busy', 'had no connection free before the deadline'))
          },
          Math.max(0, deadline - Date.now()),
        ),
      }
      this.#waiting.push(waiter)
    })
    if (this.#closed) throw new DatabaseFault('unreachable', 'is no longer connected')
    return given
  }
}
