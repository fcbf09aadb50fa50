/** The picture of a package: its icon, or two letters in the hue of its category. */
import { useState, type ReactElement } from 'react'

const hues: Record<string, string> = {
  databases: 'database', streaming: 'stream', caches: 'cache', compute: 'compute', 'machine-learning': 'ml', observability: 'observe', storage: 'cache', web: 'stream',
}
const known: Record<string, string> = { postgresql: 'databases', kafka: 'streaming', valkey: 'caches' }

export function Tile({ name, title, iconUrl, category, size }: { name: string; title: string; iconUrl?: string; category?: string; size?: 'sm' | 'lg' }): ReactElement {
  const [broken, setBroken] = useState(false)
  const hue = hues[category ?? known[name] ?? ''] ?? 'compute'
  return (
    <span className={`mono-tile c-${hue} ${size ?? ''}`} aria-hidden="true">
      {iconUrl && !broken ? <img src={iconUrl} alt="" onError={() => setBroken(true)} /> : title.slice(0, 2)}
    </span>
  )
}
