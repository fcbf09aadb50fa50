/** Installs of a package by version and health, as bars and shares. */
import type { ProviderPackage, VerdictName } from '../../../api/types'

export interface VersionBar {
  version: string
  installs: number
  percent: number
  healthy: number
}

/** Bars relative to the most used version, in the order the versions came (newest first). */
export function versionBars(entry: Pick<ProviderPackage, 'versions'>): VersionBar[] {
  const most = Math.max(1, ...entry.versions.map((version) => version.installs))
  return entry.versions.map((version) => ({
    version: version.version,
    installs: version.installs,
    percent: Math.round((version.installs / most) * 100),
    healthy: version.health.healthy ?? 0,
  }))
}

const worst: VerdictName[] = ['failed', 'degraded', 'unknown', 'progressing', 'suspended', 'healthy']

/** Counts over all versions, worst first, zeros left out. */
export function healthCounts(entry: Pick<ProviderPackage, 'versions'>): { verdict: VerdictName; count: number }[] {
  return worst
    .map((verdict) => ({ verdict, count: entry.versions.reduce((sum, version) => sum + (version.health[verdict] ?? 0), 0) }))
    .filter((item) => item.count > 0)
}

/** "93 %, 198 of 212"; null without installs. Never 100 % unless all are. */
export function healthyShare(entry: ProviderPackage): { percent: number; text: string } | null {
  if (entry.installs === 0) return null
  const healthy = entry.versions.reduce((sum, version) => sum + (version.health.healthy ?? 0), 0)
  const percent = healthy === entry.installs ? 100 : Math.floor((healthy / entry.installs) * 100)
  return { percent, text: `${healthy} of ${entry.installs}` }
}
