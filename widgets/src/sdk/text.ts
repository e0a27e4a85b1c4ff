/** A text in every language of the product. */
export interface Text {
  'zh-CN': string
  en: string
}

export type Locale = keyof Text
