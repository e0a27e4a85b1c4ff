import type { RouterMiddleware } from '@koa/router'
import { deviceOf } from '../devices.ts'
import type { StepPage } from '../pages/step-pages.ts'
import { languageOf } from '../pages/texts.ts'
import { isOver } from './go-on.ts'
import { expired, findInteraction, formTargets, goTo, type PageContext } from './interaction.ts'
import type { Step } from './next-step.ts'
import { mostFailures, type Progress, readProgress } from './progress.ts'
import { dueStep, type Interaction, proved, type SignInParts } from './proved.ts'
import type { Standing } from './standing.ts'

/** A request to the page of the step that is due. */
export type StepRequest = {
  ctx: PageContext
  parts: SignInParts
  interaction: Interaction
  progress: Progress
  standing: Standing
  /** What every page is made with. */
  page: StepPage
}

/**
 * Lets only those reach the page of a step for whom it is due: everybody else, early or late, by the back button or by a
 * double click, is sent where their sign-in stands.
 */
export function atStep(
  parts: SignInParts,
  step: Step,
  handle: (request: StepRequest) => Promise<void>,
): RouterMiddleware {
  return async ctx => {
    const interaction = await findInteraction(ctx, parts.provider)
    if (!interaction) return expired(ctx, parts.config)
    const { uid } = interaction
    if (isOver(interaction)) return goTo(ctx, parts, uid)
    const deviceHash = deviceOf(ctx, parts.config).hash
    const { progress, standing } = await readProgress(parts.db, { uid, deviceHash })
    if (!progress || !standing?.active || progress.failures >= mostFailures) return goTo(ctx, parts, uid)
    const due = dueStep(interaction, standing, progress)
    if (!due) return await proved(ctx, parts, interaction, { ...progress, methods: [] }, { within: true })
    if (due !== step) return goTo(ctx, parts, uid, due)
    const page = pageOf(ctx, parts, interaction, progress, standing)
    await handle({ ctx, parts, interaction, progress, standing, page })
  }
}

function pageOf(
  ctx: PageContext,
  parts: SignInParts,
  interaction: Interaction,
  { detail }: Progress,
  { username }: Standing,
): StepPage {
  return {
    language: languageOf(ctx, interaction.params.ui_locales),
    username,
    formTargets: formTargets(interaction),
    ...(detail.stepUp ? {} : { startAgain: `${new URL(parts.config.ISSUER).pathname}/sign-in/${interaction.uid}` }),
  }
}
