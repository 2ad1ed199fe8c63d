import { useState } from 'react'
import { Choice } from '../../components/Choice.tsx'
import { Panel } from '../../components/Panel.tsx'
import { getTheme, setTheme, type Theme } from '../../theme.ts'
import { APPEARANCE } from './texts.ts'

/** What the pages look like in this browser. */
export default function AppearancePart() {
  const [theme, setShown] = useState<Theme>(getTheme)
  return (
    <Panel title={APPEARANCE.title}>
      <p>{APPEARANCE.explain}</p>
      <Choice
        legend={APPEARANCE.legend}
        quiet
        value={theme}
        options={APPEARANCE.options}
        onChange={(chosen) => {
          setTheme(chosen)
          setShown(chosen)
        }}
      />
    </Panel>
  )
}
