export { enqueue, enqueueMany } from './enqueue.ts'
export { listOutbox, type OutboxRow, retryOutbox } from './list.ts'
export { type Delivery, type DeliveryOutcome, startOutbox } from './worker.ts'
