interface Share {
  /** ms in which at least one call to the system was under way, up to `since` */
  spent: number
  running: number
  since: number
}

/** How much of one request's time goes into each system, so that none of them uses up all of it. */
export class TimeShares {
  #deadline: number
  #shares = new Map<string, Share>()

  /** @param deadline of the request, epoch ms */
  constructor(deadline: number) {
    this.#deadline = deadline
  }

  /** Makes a call that may take what is left of its system's share, in which calls at the same time count once. */
  async within<T>(system: string, budgetMs: number, call: (deadline: number) => Promise<T>): Promise<T> {
    const share = this.#shares.get(system) ?? { spent: 0, running: 0, since: 0 }
    this.#shares.set(system, share)
    if (share.running === 0) share.since = Date.now()
    share.running += 1
    try {
      return await call(Math.min(this.#deadline, share.since + budgetMs - share.spent))
    } finally {
      share.running -= 1
      if (share.running === 0) share.spent += Date.now() - share.since
    }
  }
}
