/** An error as the envelope of an answer tells it. */
export class KingdeeError extends Error {
  readonly errorCode: number
  readonly msgCode: number
  readonly field: string

  constructor(errorCode: number, msgCode: number, message: string, field = '') {
    super(message)
    this.errorCode = errorCode
    this.msgCode = msgCode
    this.field = field
  }
}
