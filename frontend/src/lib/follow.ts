/** Going to the page of the operation a click began. */
import { useNavigate } from '@tanstack/react-router'

/**
 * Follows an operation once the portal has accepted it. It waits for the promise, not for a callback of the mutation:
 * the part of the page that asked may be gone by then. A refusal is shown by who asked.
 */
export function useFollow(org: string): (started: Promise<{ id: string }>) => void {
  const navigate = useNavigate()
  return (started) => void started.then(
    (operation) => navigate({ to: '/o/$org/operations/$id', params: { org, id: operation.id } }),
    () => undefined,
  )
}
