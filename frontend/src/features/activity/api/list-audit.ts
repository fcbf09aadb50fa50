/** The audit trail of an organization, newest first, page after page. */
import { infiniteQueryOptions } from '@tanstack/react-query'
import { api, nextPath } from '../../../api/client'
import type { AuditEntry, Page } from '../../../api/types'

export const auditQuery = (org: string) => infiniteQueryOptions({
  queryKey: ['org', org, 'audit'],
  queryFn: ({ pageParam, signal }) => api.get<Page<AuditEntry>>(pageParam ?? `organizations/${org}/audit/`, { signal }),
  initialPageParam: null as string | null,
  getNextPageParam: (last) => nextPath(last.next),
  refetchInterval: 15_000,
})
