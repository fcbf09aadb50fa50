/** Events of a service: the cluster's words, changes of health, operations. */
import { useQuery } from '@tanstack/react-query'
import { Link, useParams } from '@tanstack/react-router'
import { useState, type ReactElement } from 'react'
import { Icon, VerdictIcon } from '../../components/icon'
import { Empty, QueryView, SkeletonCard } from '../../components/states'
import { Moment } from '../../components/time'
import { eventsQuery } from './api/get-events'
import { eventLine, filterEvents, type EventFilter } from './rules/events'

const filters: { key: EventFilter; label: string }[] = [
  { key: 'all', label: 'All' }, { key: 'health', label: 'Health' }, { key: 'operation', label: 'Operations' }, { key: 'cluster', label: 'From the cluster' },
]

export function EventsPage(): ReactElement {
  const { org, id } = useParams({ from: '/app/o/$org/services/$id' })
  const [filter, setFilter] = useState<EventFilter>('all')
  const query = useQuery(eventsQuery(id))
  return (
    <>
      <div className="chips line" role="group" aria-label="Kind">
        {filters.map(({ key, label }) => <button key={key} type="button" className="chip" aria-pressed={filter === key} onClick={() => setFilter(key)}>{label}</button>)}
      </div>
      <section className="card" aria-label="Events">
        <QueryView query={query} what="events" skeleton={<SkeletonCard lines={8} />} isEmpty={(events) => filterEvents(events, filter).length === 0}
          empty={<Empty title="No events">{filter === 'all' ? 'What the cluster says about this service and every change of its health appears here.' : 'Nothing of this kind happened.'}</Empty>}>
          {(events) => (
            <div className="pad"><ol className="time">
              {filterEvents(events, filter).map((event, index) => {
                const line = eventLine(event)
                return (
                  <li key={`${event.at}-${index}`}>
                    <Moment at={event.at} />
                    {line.verdict ? <VerdictIcon verdict={line.verdict} label={line.label} /> : <Icon name="clock" />}
                    <div className="break">
                      {line.operation ? <Link to="/o/$org/operations/$id" params={{ org, id: line.operation }}>{line.text}</Link> : line.text}
                      {event.count > 1 && <> <span className="tag num">{event.count} times</span></>}
                      {line.detail && <span className="dim small block-line">{line.detail}</span>}
                    </div>
                  </li>
                )
              })}
            </ol></div>
          )}
        </QueryView>
      </section>
    </>
  )
}
