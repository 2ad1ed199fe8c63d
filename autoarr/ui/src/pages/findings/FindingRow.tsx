import { Link } from 'wouter'
import type { Schema } from '../../api/types.ts'
import { Badge } from '../../components/Badge.tsx'
import { brief } from './brief.ts'
import css from './FindingsPage.module.css'
import { Severity } from './Severity.tsx'
import { TEXTS, VERDICT } from './texts.ts'

/** A finding in the list: all of it leads to its page. */
export function FindingRow({ finding }: { finding: Schema<'FindingView'> }) {
  const { id, severity, title, subject, verdict, service_name, found, wanted, ignored_at } = finding
  return (
    <Link href={`/findings/${id}`} className={css['row'] ?? ''}>
      <span className={css['severity']}>
        <Severity level={severity} />
      </span>
      <span className={css['title']}>
        <strong>{title}</strong>
        {subject !== '' && subject !== title ? <span className={css['subject']}>{subject}</span> : null}
      </span>
      <span className={css['service']}>{service_name}</span>
      <span className={css['values']}>
        {verdict === 'unknown' ? (
          TEXTS.unknownBecause(finding.unknown_because)
        ) : (
          <>
            <span className="visually-hidden">{TEXTS.found} </span>
            <span className={css['value']}>{brief(found)}</span>
            {verdict === 'failed' ? (
              <>
                <span aria-hidden="true">→</span>
                <span className="visually-hidden">, {TEXTS.wanted} </span>
                <span className={css['value']}>{brief(wanted)}</span>
              </>
            ) : null}
          </>
        )}
      </span>
      <span className={css['state']}>
        {verdict === 'passed' ? <Badge tone="good">{VERDICT.passed}</Badge> : null}
        {verdict === 'unknown' ? <Badge tone="doubt">{VERDICT.unknown}</Badge> : null}
        {ignored_at ? <Badge>{TEXTS.ignored}</Badge> : null}
      </span>
    </Link>
  )
}
