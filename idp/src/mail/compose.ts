import { textOn } from '../sign-in/branding/contrast.ts'
import { Html, html } from '../sign-in/pages/html.ts'
import type { MailLanguage, MailText } from './texts.ts'

/** Whose mail it is: the company's name in the reader's language, and its colour. */
export type Letterhead = { company: string; colour: string; securityUrl: string; name: string; language: MailLanguage }

/** A mail ready to be sent. */
export type Composed = { subject: string; text: string; html: string }

/** Gives a text its two forms. Subjects are one line without control characters, whatever a name may hold. */
export function compose(mail: MailText, letterhead: Letterhead): Composed {
  const head = { ...letterhead, company: oneLine(letterhead.company), name: oneLine(letterhead.name) }
  return { subject: oneLine(`${mail.subject} · ${head.company}`), text: asText(mail, head), html: asHtml(mail, head) }
}

/** A text that can stand in a header: control and line-breaking characters are blanks. */
export function oneLine(text: string): string {
  return text.replace(/[\p{Cc}\p{Zl}\p{Zp}]+/gu, ' ').trim()
}

function asText({ paragraphs, facts, action, advice }: MailText, head: Letterhead): string {
  const blocks = [
    greeting(head),
    ...paragraphs,
    ...(facts ? [facts.map(([name, value]) => `${name}${colon(head)}${oneLine(value)}`).join('\n')] : []),
    ...(action ? [action.url] : []),
    ...(advice ? [advice] : []),
    ...(action ? [] : [head.securityUrl]),
    head.company,
  ]
  return `${blocks.join('\n\n')}\n`
}

function asHtml({ subject, paragraphs, facts, action, advice }: MailText, head: Letterhead): string {
  const link = action ?? {
    label: head.language === 'zh' ? '打开我的账号' : 'Open my account',
    url: head.securityUrl,
  }
  const button = `display:inline-block;padding:10px 20px;background:${head.colour};color:${textOn(head.colour)};text-decoration:none`
  return String(html`<!doctype html>
<html lang="${head.language === 'zh' ? 'zh-CN' : 'en'}"><head><meta charset="utf-8"><meta name="referrer" content="no-referrer"><title>${subject}</title></head>
<body style="margin:0;padding:24px;font:16px/1.6 sans-serif;color:#1d1d1b;background:#ffffff"><div style="max-width:560px">
<p style="font-weight:bold">${head.company}</p><h1 style="font-size:22px;line-height:1.3">${subject}</h1>
<p>${greeting(head)}</p>${paragraphs.map(one => html`<p>${one}</p>`)}
${facts ? html`<dl>${facts.map(([name, value]) => html`<dt style="color:#5c5c58">${name}</dt><dd style="margin:0 0 8px">${value}</dd>`)}</dl>` : new Html('')}
<p><a href="${link.url}" style="${button}">${link.label}</a></p>
${action ? html`<p style="word-break:break-all;color:#5c5c58">${action.url}</p>` : new Html('')}${advice ? html`<p>${advice}</p>` : new Html('')}
</div></body></html>`)
}

function greeting({ name, language }: Letterhead): string {
  return language === 'zh' ? `${name}，你好：` : `Hello ${name},`
}

function colon({ language }: Letterhead): string {
  return language === 'zh' ? '：' : ': '
}
