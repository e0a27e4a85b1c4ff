import type { Context } from 'koa'
import type { Config } from '../../config.ts'
import type { Text } from '../../oidc/tables.ts'
import { type Html, html } from '../../sign-in/pages/html.ts'
import { sendPage } from '../../sign-in/pages/layout.ts'
import { type Language, languageOf } from '../../sign-in/pages/texts.ts'

/** What the browser of a test is shown. */
export type TrialPage =
  | { kind: 'spent' }
  | { kind: 'done' }
  | { kind: 'failed'; error: Text }
  | { kind: 'consent'; application: Text; startedBy: string; secret: string }

const zh = {
  spentTitle: '这次测试不能继续',
  spentText: '测试链接只能在最先打开它的浏览器里用一次，10 分钟内有效。请从门户重新开始。',
  doneTitle: '测试完成',
  doneText: '结果已显示在门户的应用页面，可以关闭这个窗口。',
  failedTitle: '测试没有成功',
  failedText: '原因如下，门户的应用页面也能看到。可以关闭这个窗口。',
  consentTitle: '测试登录：让管理员看到你的信息？',
  consentText: (who: string, application: string) =>
    `${who} 正在测试“${application}”的登录。同意后，管理员会看到该应用得到的你的信息：姓名、工号、邮箱、电话和角色。不会显示密码或令牌。`,
  agree: '同意',
  refuse: '不同意',
  back: '回到门户',
}

const en: typeof zh = {
  spentTitle: 'This test cannot go on',
  spentText:
    'The address of a test works once, in the browser that opened it first, within 10 minutes. Start again from the portal.',
  doneTitle: 'The test is done',
  doneText: 'The portal shows the result on the application’s page. You may close this window.',
  failedTitle: 'The test did not succeed',
  failedText: 'This is why; the application’s page in the portal says so too. You may close this window.',
  consentTitle: 'A test: may administrators see your data?',
  consentText: (who: string, application: string) =>
    `${who} is testing the sign-in to “${application}”. If you agree, administrators see what the application learns of you: name, employee id, mail, phone and roles. Never a password or a token.`,
  agree: 'Agree',
  refuse: 'Do not agree',
  back: 'Back to the portal',
}

const texts: Record<Language, typeof zh> = { zh, en }

/** Shows how a test stands. */
export function trialPage(ctx: Context, config: Config, page: TrialPage): void {
  const language = languageOf(ctx)
  const { title, content } = shown(page, language, config)
  sendPage(
    ctx,
    { language, title, fixedLanguage: true, content: html`<h1 class="lede">${title}</h1>${content}` },
    config,
    page.kind === 'spent' ? 410 : 200,
  )
}

function shown(page: TrialPage, language: Language, config: Config): { title: string; content: Html } {
  const text = texts[language]
  const back = html`<a class="btn wide" href="${config.PORTAL_URL}/">${text.back}</a>`
  switch (page.kind) {
    case 'spent':
      return { title: text.spentTitle, content: html`<p>${text.spentText}</p>${back}` }
    case 'done':
      return { title: text.doneTitle, content: html`<p>${text.doneText}</p>${back}` }
    case 'failed': {
      const why = html`<p class="small">${page.error[language]}</p>`
      return { title: text.failedTitle, content: html`<p>${text.failedText}</p>${why}${back}` }
    }
    case 'consent':
      return {
        title: text.consentTitle,
        content: html`<p>${text.consentText(page.startedBy, page.application[language])}</p>
<form method="post" action="${new URL(config.ISSUER).pathname.replace(/\/$/, '')}/sign-in-test/confirm"><input type="hidden" name="test" value="${page.secret}">
<button class="btn main wide" type="submit" name="answer" value="agree">${text.agree}</button>
<button class="btn wide" type="submit" name="answer" value="refuse">${text.refuse}</button></form>`,
      }
  }
}
