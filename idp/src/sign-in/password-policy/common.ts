/**
 * Passwords that everybody tries first, and the small changes by which people believe to improve them: `Welcome-2026` is as
 * guessable as `welcome`. The list is @zxcvbn-ts/language-common's, read when it is first needed, and searched as the text it
 * is: a Set of its words would take ten times the memory, and beside a hash the few milliseconds of the search are little.
 */
import { readFileSync } from 'node:fs'
import { normalisePassword } from '../password.ts'

// A longer tail of digits and signs is more than a habit, and may well be a good password.
const longestTail = 8
// Shorter words are part of nearly everything.
const shortestWord = 4

// What the list, made of Western leaks, lacks.
const chinese = [
  'woaini',
  'woaini1314',
  '5201314',
  'mima',
  'nihao',
  'zhongguo',
  'wodemima',
  'denglu',
  'huanying',
  'gongsi',
]

/** Whether a password is in the list, or differs from one there by case, a tail, leetspeak or repetition only, or is a mere run of keys. */
export function isCommon(plain: string): boolean {
  const typed = normalisePassword(plain).toLowerCase()
  return isMonotonous(typed) || variants(typed).some(listed)
}

function variants(typed: string): string[] {
  const words = new Set<string>()
  for (const word of [typed, repeatedPart(typed)]) {
    words.add(word)
    for (const core of cores(word)) for (const letters of unleet(core)) words.add(letters)
  }
  return [...words].filter(word => [...word].length >= shortestWord)
}

/** The word without digits and signs before and after it, up to so many; with some of them, where they stand for letters. */
function cores(word: string): string[] {
  const head = /^[^\p{L}]*/u.exec(word)?.[0].length ?? 0
  const tail = /[^\p{L}]*$/u.exec(word)?.[0].length ?? 0
  const found: string[] = []
  for (let before = 0; before <= Math.min(head, longestTail); before++)
    for (let after = 0; after <= Math.min(tail, longestTail - before); after++)
      found.push(word.slice(before, word.length - after))
  return found
}

const leet: Record<string, string> = {
  '@': 'a',
  '4': 'a',
  '3': 'e',
  '0': 'o',
  $: 's',
  '5': 's',
  '7': 't',
  '+': 't',
  '8': 'b',
}

function unleet(word: string): string[] {
  const plain = word.replace(/[@430$57+8]/g, sign => leet[sign] ?? sign)
  return [word, ...['i', 'l'].map(one => plain.replace(/[1!|]/g, one).replace(/[^\p{L}]/gu, ''))]
}

/** The part that a word repeats (`abcabc` → `abc`), else the word. */
function repeatedPart(word: string): string {
  return /^(.+?)\1+$/u.exec(word)?.[1] ?? word
}

const rows = ['abcdefghijklmnopqrstuvwxyz', '01234567890', '1234567890-=', 'qwertyuiop[]', "asdfghjkl;'", 'zxcvbnm,./']
const runs = rows.flatMap(row => [row, [...row].reverse().join('')])

/** Hardly any different characters, or a row of the keyboard or the alphabet in order. */
function isMonotonous(word: string): boolean {
  return new Set(word).size < 4 || runs.some(run => run.includes(word))
}

let list: Buffer | undefined

function listed(word: string): boolean {
  list ??= readList()
  return list.includes(`"${word}"`)
}

function readList(): Buffer {
  const file = new URL(import.meta.resolve('@zxcvbn-ts/language-common/src/passwords.json'))
  return Buffer.from(`${readFileSync(file, 'utf8').toLowerCase()}${JSON.stringify(chinese)}`)
}
