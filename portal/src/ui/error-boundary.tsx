import { Component, type ErrorInfo, type ReactNode } from 'react'

type Props = {
  fallback: (retry: () => void) => ReactNode
  onError?: (error: Error, info: ErrorInfo) => void
  children: ReactNode
}

/** Keeps what breaks inside its own frame. */
export class ErrorBoundary extends Component<Props, { failed: boolean }> {
  override state = { failed: false }

  static getDerivedStateFromError(): { failed: boolean } {
    return { failed: true }
  }

  override componentDidCatch(error: Error, info: ErrorInfo): void {
    this.props.onError?.(error, info)
  }

  override render(): ReactNode {
    return this.state.failed ? this.props.fallback(() => this.setState({ failed: false })) : this.props.children
  }
}
