/** The outermost part of every page. */
import { Outlet } from '@tanstack/react-router'
import type { ReactElement } from 'react'
import { Toasts } from '../components/toasts'

export function Root(): ReactElement {
  return <><Outlet /><Toasts /></>
}
