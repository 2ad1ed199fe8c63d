import { useQueryClient } from '@tanstack/react-query'

/** Has everything below these paths asked for again, and waits for what is on the page. */
export function useInvalidate(): (...paths: string[]) => Promise<void> {
  const queries = useQueryClient()
  return (...paths) =>
    queries.invalidateQueries({
      predicate: ({ queryKey }) => paths.some((path) => String(queryKey[1]).startsWith(path)),
    })
}
