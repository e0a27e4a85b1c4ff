import type { ReactNode } from 'react'
import { Dialog as AriaDialog } from 'react-aria-components/Dialog'
import { Heading } from 'react-aria-components/Heading'
import { Modal, ModalOverlay } from 'react-aria-components/Modal'

type Props = {
  title: string
  isOpen: boolean
  onClose: () => void
  /** centre: a question or a form; side: rows behind a figure; start: the launcher; top: the palette */
  place?: 'centre' | 'side' | 'start' | 'top'
  /** the title is spoken only */
  quietTitle?: boolean
  role?: 'dialog' | 'alertdialog'
  /** closes by its own buttons only: what it shows cannot be had again */
  insistent?: boolean
  className?: string
  children: ReactNode
}

/** A modal layer: keeps the focus, closes by Escape and by a click beside it, gives the focus back. */
export function Dialog({
  title,
  isOpen,
  onClose,
  place = 'centre',
  quietTitle,
  role,
  insistent = false,
  className = '',
  children,
}: Props): ReactNode {
  return (
    <ModalOverlay
      className={`scrim ${place}`}
      isOpen={isOpen}
      isDismissable={!insistent}
      isKeyboardDismissDisabled={insistent}
      onOpenChange={open => !open && onClose()}
    >
      <Modal className={`layer ${place}`}>
        <AriaDialog className={`${place === 'centre' ? 'dialog' : 'sheet'} ${className}`} {...(role ? { role } : {})}>
          <Heading slot="title" level={2} className={quietTitle ? 'sr' : 'dialogtitle'}>
            {title}
          </Heading>
          {children}
        </AriaDialog>
      </Modal>
    </ModalOverlay>
  )
}
