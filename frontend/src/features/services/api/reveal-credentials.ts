/** The credentials, live from the cluster; every call is written to the audit trail. Never kept in a cache. */
import { api } from '../../../api/client'

export async function revealCredentials(service: string): Promise<Record<string, string>> {
  const answer = await api.post<{ credentials: Record<string, string> }>(`services/${service}/connect/reveal/`)
  return answer.credentials
}
