import { ABOUT_PATH, ABOUT_STATUSES, type About, readAbout } from '../../api/about.ts'
import './status.css'
import type { Question } from '../../api/ask.ts'
import { READINESS_PATH, READINESS_STATUSES, type Readiness, readReadiness } from '../../api/readiness.ts'
import { useNow } from '../../hooks/useNow.ts'
import { usePageTitle } from '../../hooks/usePageTitle.ts'
import { AboutCard } from './AboutCard.tsx'
import { ChecksCard } from './ChecksCard.tsx'
import { headline } from './headline.ts'
import { ReadinessCard } from './ReadinessCard.tsx'
import { useObservation } from './useObservation.ts'

const READINESS: Question<Readiness> = {
  path: READINESS_PATH,
  statuses: READINESS_STATUSES,
  read: readReadiness,
}

const ABOUT: Question<About> = { path: ABOUT_PATH, statuses: ABOUT_STATUSES, read: readAbout }

/** Live readiness and version. */
export default function StatusPage() {
  const readiness = useObservation(READINESS)
  const about = useObservation(ABOUT)
  const now = useNow()
  const statement = headline(readiness, now)
  usePageTitle(statement.title)
  return (
    <>
      <ReadinessCard statement={statement} readiness={readiness} now={now} />
      <ChecksCard readiness={readiness} now={now} />
      <AboutCard about={about} now={now} />
    </>
  )
}
