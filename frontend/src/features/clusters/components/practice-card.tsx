/** How the practice cluster behaves: for trying out the failure pages. */
import { useQuery } from '@tanstack/react-query'
import type { ReactElement } from 'react'
import type { PracticeSettings } from '../../../api/types'
import { ProblemPanel } from '../../../components/problem-panel'
import { QueryView, Skeleton } from '../../../components/states'
import { useMayChange } from '../../../lib/session'
import { useChangePractice } from '../api/change-practice'
import { practiceQuery } from '../api/get-practice'

const failures: { value: PracticeSettings['fail']; title: string; detail: string }[] = [
  { value: null, title: 'Works', detail: 'Everything becomes ready.' },
  { value: 'image_pull', title: 'Images cannot be downloaded', detail: 'New pods wait for an image that does not exist.' },
  { value: 'crash_loop', title: 'Containers stop again', detail: 'New pods start, then end with an error.' },
  { value: 'quota', title: 'The quota is used up', detail: 'New pods are refused.' },
  { value: 'slow', title: 'Slow', detail: 'Everything takes much longer.' },
  { value: 'unreachable', title: 'Silent', detail: 'The cluster does not answer.' },
]

export function PracticeCard({ cluster }: { cluster: string }): ReactElement {
  const query = useQuery(practiceQuery(cluster))
  const change = useChangePractice(cluster)
  const mayChange = useMayChange()
  return (
    <section className="card" aria-labelledby="practice">
      <header><h2 id="practice">Practise failing</h2><span className="faint small">for what starts from now on</span></header>
      <div className="pad">
        <QueryView query={query} what="the settings" skeleton={<Skeleton height="8rem" />}>
          {(settings) => (
            <fieldset className="pick" disabled={!mayChange || change.isPending} aria-label="How new workloads behave">
              {failures.map((failure) => (
                <label className="opt" key={failure.title}>
                  <input type="radio" name="fail" checked={settings.fail === failure.value} onChange={() => change.mutate({ fail: failure.value })} />
                  <span><b>{failure.title}</b><p>{failure.detail}</p></span>
                </label>
              ))}
            </fieldset>
          )}
        </QueryView>
        {change.error ? <ProblemPanel problem={change.error} alert /> : null}
      </div>
    </section>
  )
}
