import { Page } from '../../components/Panel.tsx'
import { RequestList } from './RequestList.tsx'
import { Search } from './Search.tsx'
import { texts } from './texts.ts'

/** Where films and series are asked for, and what was. */
export default function RequestsPage() {
  return (
    <Page title={texts.title}>
      <Search />
      <RequestList />
    </Page>
  )
}
