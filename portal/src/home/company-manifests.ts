import { manifestSchema, type WidgetManifest } from '@atrium/widgets/sdk'

/** A widget of the company; without a manifest when what came is none, so that it is shown as broken and not left out. */
export interface CompanyWidget {
  id: string
  manifest: WidgetManifest | undefined
}

/** Checks what the gateway sent. The ids are told apart from those of the widgets that come with Atrium. */
export function readCompanyWidgets(sent: readonly unknown[]): CompanyWidget[] {
  return sent.map((one, index) => {
    const { success, data } = manifestSchema.safeParse(one)
    if (!success) return { id: `company-${index}`, manifest: undefined }
    const id = `company-${data.id}`
    return { id, manifest: { ...data, id } }
  })
}
