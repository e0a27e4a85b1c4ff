import { type ReactNode, useState } from 'react'
import { Dialog, DialogTrigger } from 'react-aria-components/Dialog'
import { Heading } from 'react-aria-components/Heading'
import { Modal, ModalOverlay } from 'react-aria-components/Modal'
import { useAdminTexts } from './texts.ts'

/** A button that asks once, in a dialog that names what it will do, before it does it. */
export function Confirm({
  button,
  title,
  question,
  action,
  look = 'grave',
  onConfirm,
}: {
  button: ReactNode
  title: string
  question: ReactNode
  action: string
  /** main: nothing is taken from anybody */
  look?: 'grave' | 'main'
  onConfirm: () => Promise<unknown>
}) {
  const t = useAdminTexts()
  const [busy, setBusy] = useState(false)
  return (
    <DialogTrigger>
      {button}
      <ModalOverlay className="scrim centre" isDismissable>
        <Modal className="layer centre">
          <Dialog className="dialog" role="alertdialog">
            {({ close }) => (
              <>
                <Heading slot="title" level={3}>
                  {title}
                </Heading>
                {typeof question === 'string' ? <p>{question}</p> : question}
                <div className="bar">
                  <button type="button" className="btn bare" onClick={close}>
                    {t('admin.cancel')}
                  </button>
                  <button
                    type="button"
                    className={`btn ${look}`}
                    disabled={busy}
                    onClick={async () => {
                      setBusy(true)
                      await onConfirm().finally(() => setBusy(false))
                      close()
                    }}
                  >
                    {action}
                  </button>
                </div>
              </>
            )}
          </Dialog>
        </Modal>
      </ModalOverlay>
    </DialogTrigger>
  )
}
