/** An operation with its log, live: events are folded in as they come; the end is read fresh. */
import { useQuery, useQueryClient, type UseQueryResult } from '@tanstack/react-query'
import { useCallback, useState } from 'react'
import { api, apiUrl, nextPath } from '../../../api/client'
import type { Operation, OperationEvent, Page } from '../../../api/types'
import { useEventStream, type LineState, type ServerEvent } from '../../../lib/sse'
import { operationQuery } from '../../../lib/operation-query'
import { isFinal } from '../../../lib/operations'
import { refreshAround } from '../../../lib/subjects'
import { appendEvent, applyEvent, readEvent } from '../rules/live'

async function allEvents(id: string, signal: AbortSignal): Promise<OperationEvent[]> {
  const events: OperationEvent[] = []
  let path: string | null = `operations/${id}/events/?limit=200`
  while (path !== null && events.length < 2000) {
    const page: Page<OperationEvent> = await api.get<Page<OperationEvent>>(path, { signal })
    events.push(...page.results)
    path = nextPath(page.next)
  }
  return events.sort((a, b) => a.seq - b.seq)
}

export interface LiveOperation {
  query: UseQueryResult<Operation>
  log: OperationEvent[]
  line: LineState
}

/** `line` is "ended" for an operation that was over when the page opened. */
export function useLiveOperation(id: string): LiveOperation {
  const queryClient = useQueryClient()
  const query = useQuery(operationQuery(id))
  const [live, setLive] = useState<OperationEvent[]>([])
  const over = query.data ? isFinal(query.data.state) : null
  const refresh = useCallback(() => queryClient.invalidateQueries({ queryKey: ['operation', id], exact: true }), [queryClient, id])

  const onEvent = useCallback((message: ServerEvent) => {
    const event = readEvent(message)
    if (!event) return
    setLive((log) => appendEvent(log, event))
    const { queryKey } = operationQuery(id)
    const known = queryClient.getQueryData(queryKey)
    if (!known) return
    if (event.event === 'done') {
      void refresh()
      refreshAround(queryClient, known)
    } else if (!isFinal(known.state)) queryClient.setQueryData(queryKey, applyEvent(known, event))
  }, [queryClient, id, refresh])

  const streams = over === false
  const line = useEventStream(apiUrl(`operations/${id}/events/`), {
    enabled: streams, endsWith: 'done', onEvent, onReconnect: () => void refresh(),
  })
  const kept = useQuery({
    queryKey: ['operation', id, 'events'],
    queryFn: ({ signal }) => allEvents(id, signal),
    enabled: over === true && live.length === 0,
    staleTime: Infinity,
  })
  return { query, log: live.length > 0 ? live : (kept.data ?? []), line: over ? 'ended' : line }
}
