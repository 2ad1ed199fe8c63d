import { type ComponentType, Suspense } from 'react'
import { Link } from 'wouter'
import { Loading } from '../../components/Notice.tsx'
import { Page } from '../../components/Panel.tsx'
import { lazily } from '../../lazily.ts'
import { NotFound } from '../../NotFound.tsx'
import css from './Settings.module.css'
import { PARTS, type Part, SETTINGS } from './texts.ts'

const CONTENT: Readonly<Record<Part, ComponentType>> = {
  policy: lazily(() => import('./policy/PolicyPart.tsx')),
  notifications: lazily(() => import('./notifications/NotificationsPart.tsx')),
  appearance: lazily(() => import('./AppearancePart.tsx')),
  mcp: lazily(() => import('./mcp/McpPart.tsx')),
  backup: lazily(() => import('./backup/BackupPart.tsx')),
  about: lazily(() => import('./AboutPart.tsx')),
}

function isPart(word: string): word is Part {
  return Object.hasOwn(CONTENT, word)
}

/** What can be set, in parts with an address each. */
export default function SettingsPage({ part }: { part: string }) {
  if (!isPart(part)) {
    return <NotFound path={`/settings/${part}`} />
  }
  const Content = CONTENT[part]
  return (
    <Page title={SETTINGS.title}>
      <nav className={css['parts']} aria-label={SETTINGS.parts}>
        {PARTS.map((one) => (
          <Link
            key={one.part}
            href={`/settings/${one.part}`}
            className={css['part'] ?? ''}
            aria-current={one.part === part ? 'page' : undefined}
          >
            {one.name}
          </Link>
        ))}
      </nav>
      <Suspense fallback={<Loading lines={8} />}>
        <Content />
      </Suspense>
    </Page>
  )
}
