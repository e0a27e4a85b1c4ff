/** How many calls one request made for each type of each system. */
export class CallNotes {
  readonly byType = new Map<string, number>()

  /** @param type as `<system>.<Type>` */
  note(type: string): void {
    this.byType.set(type, (this.byType.get(type) ?? 0) + 1)
  }
}
