import { render, screen, waitFor } from '@testing-library/react'
import { http } from 'msw'
import { expect, test } from 'vitest'
import { server } from '../test/server'
import { createEventParser, useEventStream, type ServerEvent } from './sse'

test('events are split at blank lines, whatever the chunks', () => {
  const parse = createEventParser()
  expect(parse('id: 1\nevent: step\nda')).toEqual([])
  expect(parse('ta: {"a":1}\n')).toEqual([])
  expect(parse('\nid: 2\r\ndata: x\r\ndata: y\r\n\r\n: beat\n\n')).toEqual([
    { id: '1', event: 'step', data: '{"a":1}' },
    { id: '2', event: 'message', data: 'x\ny' },
  ])
})

function Listener({ seen }: { seen: ServerEvent[] }) {
  const state = useEventStream('/api/v1/operations/o1/events/', { onEvent: (event) => seen.push(event) })
  return <p>{state}</p>
}
const stream = (text: string) => new Response(text, { headers: { 'Content-Type': 'text/event-stream' } })

test('a lost line resumes after the last event, and ends when the operation is done', async () => {
  const asked: (string | null)[] = []
  server.use(http.get('*/api/v1/operations/o1/events/', ({ request }) => {
    asked.push(request.headers.get('Last-Event-ID'))
    return asked.length === 1 ? stream('id: 4\nevent: step\ndata: {}\n\n') : stream('id: 5\nevent: done\ndata: {}\n\n')
  }))
  const seen: ServerEvent[] = []
  render(<Listener seen={seen} />)
  expect(await screen.findByText('ended')).toBeInTheDocument()
  await waitFor(() => expect(seen.map((event) => event.id)).toEqual(['4', '5']))
  expect(asked).toEqual([null, '4'])
})
