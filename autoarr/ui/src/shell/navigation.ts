import type { Me } from '../api/session.ts'

export interface Place {
  href: string
  name: string
  /** The path of its 24 by 24 icon, drawn with strokes. */
  icon: string
  /** Pressed after `g` to go there. */
  key: string
  /** Whether it stands in the bar of a phone, which has room for four and the menu. */
  first?: boolean
  admin: boolean
}

/** Every place of the menu, in its order. */
export const PLACES: readonly Place[] = [
  {
    href: '/',
    name: 'Dashboard',
    key: 'd',
    admin: true,
    first: true,
    icon: 'M4 4h7v9H4zM13 4h7v5h-7zM13 11h7v9h-7zM4 15h7v5H4z',
  },
  {
    href: '/findings',
    name: 'Findings',
    key: 'f',
    admin: true,
    first: true,
    icon: 'M5 4h14v16H5zM9 9h6M9 13h6M9 17h3',
  },
  {
    href: '/downloads',
    name: 'Downloads',
    key: 'q',
    admin: true,
    first: true,
    icon: 'M12 4v11m0 0 4-4m-4 4-4-4M5 20h14',
  },
  { href: '/recoveries', name: 'Recoveries', key: 'r', admin: true, icon: 'M5 12a7 7 0 1 1 2 5m-2 3v-4h4' },
  { href: '/requests', name: 'Requests', key: 'w', admin: false, first: true, icon: 'M12 5v14M5 12h14' },
  { href: '/chat', name: 'Chat', key: 'c', admin: false, icon: 'M4 5h16v11H10l-4 4v-4H4z' },
  { href: '/activity', name: 'Activity', key: 'a', admin: true, icon: 'M3 12h4l3 7 4-14 3 7h4' },
  {
    href: '/services',
    name: 'Services',
    key: 's',
    admin: true,
    icon: 'M4 5h16v5H4zM4 14h16v5H4zM8 7.5h.01M8 16.5h.01',
  },
  {
    href: '/users',
    name: 'Users',
    key: 'u',
    admin: true,
    icon: 'M12 11a3.5 3.5 0 1 0 0-7 3.5 3.5 0 0 0 0 7zM5 20a7 7 0 0 1 14 0',
  },
  {
    href: '/settings',
    name: 'Settings',
    key: 'e',
    admin: true,
    icon: 'M4 7h9m4 0h3M4 17h3m4 0h9M15 5v4M9 15v4',
  },
  {
    href: '/account',
    name: 'Account',
    key: 'm',
    admin: false,
    icon: 'M4 5h16v14H4zM9 12a2 2 0 1 0 0-4 2 2 0 0 0 0 4zM6 16a3 3 0 0 1 6 0M15 9h3M15 13h3',
  },
]

/** The places that `me` may go to. */
export function placesFor(me: Me): readonly Place[] {
  return PLACES.filter((place) => me.role === 'admin' || !place.admin)
}

/** Whether the page at `path` belongs to the place `href`. */
export function isAt(href: string, path: string): boolean {
  return href === '/' ? path === '/' : path === href || path.startsWith(`${href}/`)
}
