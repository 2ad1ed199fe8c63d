import { useState } from 'react'
import type { Schema } from '../../api/types.ts'
import { Button } from '../../components/Button.tsx'
import { Panel } from '../../components/Panel.tsx'
import css from './FindingPage.module.css'
import { FINDING } from './findingTexts.ts'
import { WriteDialog } from './WriteDialog.tsx'
import { useWrites } from './writes.ts'

/** What would fix a finding, and doing it. */
export function FixPanel({ finding }: { finding: Schema<'FindingView'> }) {
  const [isOpen, setOpen] = useState(false)
  const { previewFix, applyFix } = useWrites(finding)
  return (
    <Panel title={FINDING.fix}>
      {finding.fix === null ? (
        <p>
          {finding.verdict === 'failed'
            ? FINDING.byPerson
            : finding.verdict === 'passed'
              ? FINDING.passed
              : FINDING.unknown}
        </p>
      ) : (
        <>
          <p>{FINDING.fixIntro}</p>
          {finding.call ? (
            <div>
              <p className={css['muted']}>{FINDING.fixCall}</p>
              <pre className={css['call']}>{finding.call}</pre>
            </div>
          ) : null}
          <p>
            <Button tone="primary" onClick={() => setOpen(true)}>
              {FINDING.preview}
            </Button>
          </p>
        </>
      )}
      {isOpen ? (
        <WriteDialog
          title={FINDING.previewTitle}
          action={FINDING.apply}
          preview={previewFix}
          write={applyFix}
          onClose={() => setOpen(false)}
        />
      ) : null}
    </Panel>
  )
}
