/** Whether something has been waited for longer than people expect: 8 s. */
import { useEffect, useState } from 'react'

export function useIsSlow(waiting: boolean): boolean {
  const [slow, setSlow] = useState(false)
  useEffect(() => {
    if (!waiting) return
    const timer = setTimeout(() => setSlow(true), 8000)
    return () => { clearTimeout(timer); setSlow(false) }
  }, [waiting])
  return slow
}
