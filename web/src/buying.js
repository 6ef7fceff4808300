/* buying.js - the part of the visitors' pages that comes after the first: seats, payment, tickets. */

export { reservationView } from './view_reservation.jsx';
export { showingView } from './view_showing.jsx';
export { ticketsView } from './view_tickets.jsx';
