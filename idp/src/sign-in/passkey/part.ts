import type { Html } from '../pages/html.ts'
import type { StepRequest } from '../steps/step.ts'
import { passkeyForm, passkeyScript } from './form.ts'

/** What the page of a step shows for a passkey, and the script for it. */
export function passkeyPart(
  { interaction, parts, page }: StepRequest,
  step: 'factor' | 'enrol',
  fault?: string,
): { content: Html; scripts: string[] } {
  const options = `${new URL(parts.config.ISSUER).pathname}/sign-in/${interaction.uid}/${step}/passkey/options`
  return { content: passkeyForm(page.language, step, options, fault), scripts: [passkeyScript] }
}
