import { preferredLanguage } from '@atrium/platform/problem'
import type { Context } from 'koa'
import type { Text } from '../data/types.ts'

export type Language = 'zh' | 'en'

/** Markup that needs no further escaping; made by `html` only. */
export class Html {
  readonly text: string
  constructor(text: string) {
    this.text = text
  }
}

type Value = string | number | null | undefined | Html | readonly Html[]

/** Builds markup; every value is escaped, unless it is markup itself. */
export function html(parts: TemplateStringsArray, ...values: Value[]): Html {
  return new Html(parts.reduce((text, part, index) => text + render(values[index - 1]) + part))
}

const render = (value: Value): string => {
  if (value === null || value === undefined) return ''
  if (value instanceof Html) return value.text
  if (typeof value === 'object') return value.map(part => part.text).join('\n')
  return String(value).replace(/[&<>"']/g, character => `&#${character.charCodeAt(0)};`)
}

/** `?lang=zh|en` wins over Accept-Language. */
export function languageOf(ctx: Context): Language {
  const { lang } = ctx.query
  if (typeof lang === 'string' && /^(zh|en)/i.test(lang)) return /^zh/i.test(lang) ? 'zh' : 'en'
  return preferredLanguage(ctx.get('accept-language'))
}

export type PageUser = { userId: string; name: string; roles: string[] }

/**
 * One page of a sample system: its name, who is signed in and as what, and the content.
 * `<body data-user data-roles>` tell a test who that is.
 */
export function page(options: {
  system: Text
  accent: string
  language: Language
  user?: PageUser
  title?: string
  content: Html
}): string {
  const { system, language, user, content } = options
  const t = (zh: string, en: string) => (language === 'zh' ? zh : en)
  const name = system[language]
  const account = user
    ? html`<span class="who"><b>${user.name}</b> <code>${user.userId}</code> ${user.roles.map(role => html`<span class="role">${role}</span>`)}</span>
      <form method="post" action="/oidc/sign-out"><button>${t('退出', 'Sign out')}</button></form>`
    : html``
  return html`<!doctype html>
<html lang="${t('zh-CN', 'en')}">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${options.title ? `${options.title} · ` : ''}${name}</title>
<link rel="stylesheet" href="/style.css">
</head>
<body class="${options.accent}" data-user="${user?.userId}" data-roles="${user?.roles.join(' ')}">
<header><h1>${name}</h1><span class="company">${t('华信机械', 'Huaxin Machinery')}</span>${account}
<nav aria-label="${t('语言', 'Language')}"><a href="?lang=zh" lang="zh-CN">中文</a> <a href="?lang=en" lang="en">English</a></nav></header>
<main>${content}</main>
</body>
</html>`.text
}

/** A titled table; says so when it is empty. */
export function table(options: { title: string; columns: string[]; rows: Value[][]; empty: string }): Html {
  if (options.rows.length === 0)
    return html`<section><h2>${options.title}</h2><p class="empty">${options.empty}</p></section>`
  return html`<section><h2>${options.title} <span class="count">${options.rows.length}</span></h2>
<div class="scroll"><table><thead><tr>${options.columns.map(column => html`<th scope="col">${column}</th>`)}</tr></thead>
<tbody>${options.rows.map(row => html`<tr>${row.map(value => html`<td>${value}</td>`)}</tr>`)}</tbody></table></div></section>`
}

export const stylesheet = `
:root { color-scheme: light dark; --ink: #1b1f24; --soft: #5b6470; --line: #dfe3e8; --ground: #f5f6f8; --card: #fff; --accent: #2459a8 }
@media (prefers-color-scheme: dark) { :root { --ink: #e8eaed; --soft: #a2abb6; --line: #343a42; --ground: #14171b; --card: #1d2126; --accent: #7aa7ec } }
.green { --accent: #1d6b46 } .amber { --accent: #8a4b08 }
@media (prefers-color-scheme: dark) { .green { --accent: #6fcf9f } .amber { --accent: #e8a85c } }
* { box-sizing: border-box }
body { margin: 0; font: 15px/1.6 system-ui, "PingFang SC", "Microsoft YaHei", "Noto Sans CJK SC", sans-serif; color: var(--ink); background: var(--ground) }
header { display: flex; flex-wrap: wrap; gap: 4px 16px; align-items: center; padding: 12px 24px; background: var(--card); border-top: 4px solid var(--accent); border-bottom: 1px solid var(--line) }
h1 { margin: 0; font-size: 18px; color: var(--accent) } h2 { font-size: 16px; margin: 0 0 8px }
.company { color: var(--soft) } .who { margin-left: auto }
.role { padding: 1px 8px; border: 1px solid var(--line); border-radius: 10px; font-size: 13px }
code, .count, .empty { color: var(--soft) } nav a { color: var(--soft) }
button { font: inherit; padding: 4px 14px; border: 1px solid var(--line); border-radius: 6px; background: var(--card); color: var(--ink); cursor: pointer }
button:focus-visible, a:focus-visible { outline: 2px solid var(--accent); outline-offset: 2px }
main { max-width: 1080px; margin: 24px auto; padding: 0 16px; display: grid; gap: 20px }
section { background: var(--card); border: 1px solid var(--line); border-radius: 8px; padding: 16px 20px; min-width: 0 }
.scroll { overflow-x: auto } table { border-collapse: collapse; width: 100% }
th, td { text-align: left; padding: 6px 12px 6px 0; border-bottom: 1px solid var(--line) } th { color: var(--soft); font-weight: 500; white-space: nowrap }
`
