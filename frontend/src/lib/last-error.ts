/** The error of a query; while it is tried anew, the one it had. */
import type { UseQueryResult } from '@tanstack/react-query'
import { useState } from 'react'

type Tried = Pick<UseQueryResult, 'data' | 'error' | 'errorUpdateCount'>

export function useLastError({ data, error, errorUpdateCount }: Tried): unknown {
  const [last, setLast] = useState<unknown>(null)
  if (error && error !== last) setLast(error)
  if (error || data !== undefined) return error
  // Another query in the same place has not failed yet.
  return errorUpdateCount > 0 ? last : null
}
