import type { Context } from 'koa'
import type { Config } from '../../config.ts'
import { assetUrl } from '../assets.ts'
import { brandUrl } from '../branding/files.ts'
import { type Look, lookOf } from '../branding/look.ts'
import { type Html, html, raw } from './html.ts'
import { plan } from './plan.ts'
import { type Language, texts } from './texts.ts'

/** One page of the sign-in service. */
export type Page = {
  language: Language
  title: string
  content: Html
  scripts?: string[]
  /** Under the form, beside the switch of language. */
  note?: string
  /** Origins a form of this page may lead to, besides our own: Chrome applies `form-action` to redirects as well. */
  formTargets?: string[]
  /** Where a picture may come from, besides ourselves. */
  imageOrigins?: string[]
  /** Leave the switch out where the page cannot be asked for again. */
  fixedLanguage?: boolean
}

/** Sends a page under a strict Content-Security-Policy; it works without scripts. */
export function sendPage(ctx: Context, page: Page, config: Config, status = 200): void {
  const text = texts[page.language]
  ctx.status = status
  ctx.type = 'html'
  ctx.set({
    'Content-Security-Policy': policy(page),
    'Content-Language': text.htmlLang,
    'Cache-Control': 'no-store',
    'X-Frame-Options': 'DENY',
    // Without a referrer a browser sends the origin "null" with a form, and same-origin.ts could not tell whose it is.
    'Referrer-Policy': 'same-origin',
  })
  ctx.vary('Accept-Language')
  const asset = (name: string): string => assetUrl(config, name)
  const look = lookOf(ctx, config)
  ctx.body = String(html`<!doctype html>
<html lang="${text.htmlLang}">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>${page.title} · Atrium</title>
<link rel="icon" href="data:,">
${['tokens.css', 'base.css', 'pages.css'].map(name => html`<link rel="stylesheet" href="${asset(name)}">`)}${look.css ? html`<link rel="stylesheet" href="${brandUrl(config, 'style.css', look.css)}">` : ''}
${(page.scripts ?? []).map(name => html`<script src="${asset(name)}" defer></script>`)}
</head>
<body class="p-signin">
<main class="gate"><div class="entry">${brand(look, page.language, config)}
<div class="login">${page.content}</div>
<footer class="micro dimmer">${page.note ? html`<p>${page.note}</p>` : ''}<p class="bar"><span class="push"></span>${page.fixedLanguage ? '' : languageSwitch(ctx, page.language)}</p></footer></div>
<div class="view" aria-hidden="true">${raw(plan)}</div></main>
</body>
</html>`)
}

const mark = raw(
  '<svg class="mark" viewBox="0 0 20 20" aria-hidden="true"><path d="M1.5 1.5h17v17h-17z"/><path class="court" d="M6.5 6.5h7v7h-7z"/></svg>',
)

/** A company with a logo stands by itself; without one its name stands beside ours. */
function brand({ logo, name }: Look, language: Language, config: Config): Html {
  return logo
    ? html`<header class="brand"><img class="logo" src="${brandUrl(config, 'logo', logo)}" alt=""><b>${name[language]}</b></header>`
    : html`<header class="brand">${mark}<b>Atrium</b><span>${name[language]}</span></header>`
}

function languageSwitch(ctx: Context, language: Language): Html {
  const text = texts[language]
  const query = new URLSearchParams(ctx.querystring)
  query.set('ui_locales', text.otherTag)
  return html`<a class="link" lang="${text.otherTag}" href="?${query.toString()}">${text.other}</a>`
}

function policy(page: Page): string {
  const targets = ["'self'", ...new Set(page.formTargets ?? [])].join(' ')
  return [
    "default-src 'none'",
    "script-src 'self'",
    "connect-src 'self'",
    "style-src 'self'",
    ["img-src 'self' data:", ...(page.imageOrigins ?? [])].join(' '),
    `form-action ${targets}`,
    "frame-ancestors 'none'",
    "base-uri 'none'",
  ].join('; ')
}
