/** One thing that happened in the ERP, as CloudEvents see it: `subject` names the object, `data` carries its state. */
export type ErpEvent = { type: `erp.${string}`; subject: string; data: Record<string, unknown> }

/** Puts an event into the durable queue. Called inside the transaction of the change, so neither exists without the other. */
export type Emit = (event: ErpEvent) => void
