/* door.es.js - what the door's page says, in Spanish. */

export default {
    skip: 'Ir al contenido', menu: 'Principal', language: 'Idioma', loading: 'Cargando…', again: 'Reintentar', toStart: 'Ir a la puerta',
    footer: (cinema) => `${cinema}. Las horas son las del cine.`,
    notFound: 'Aquí no hay nada', notFoundWhy: 'Esta dirección no lleva a ninguna página.',

    title: 'Puerta', doorName: 'Entrada',
    gate: 'La casa pide su token', gateWhy: 'Sin él, esta puerta decide con lo que tiene guardado y no envía nada.',
    gateClosed: 'Esta casa no tiene token de administración, así que solo responde a su propia máquina.',
    token: 'Token de administración', tokenWhy: 'ADMIN_TOKEN en la configuración de la casa. Se queda en esta pestaña hasta que la cierres.', enter: 'Entrar',
    tokenMissing: 'Escribe el token.', tokenWrong: 'Ese no es el token',

    showing: 'Función que entra', anyShowing: 'Cualquier función', where: 'Nombre de esta puerta',
    online: 'En línea', offlineShort: 'Sin conexión: la puerta decide sola',
    inOf: (n, all) => `${n} de ${all} están dentro`, listAt: (time) => `Lista de las ${time}`, listNone: 'Aún sin lista',
    unsent: (n) => (n === 1 ? '1 por enviar' : `${n} por enviar`), allSent: 'Todo enviado',
    soundOn: 'Con sonido', soundOff: 'Sin sonido',

    code: 'Código de la entrada', codeWhy: 'Un lector de mano lo escribe aquí solo.', check: 'Comprobar',
    cameraOn: 'Leer con la cámara', cameraOff: 'Apagar la cámara', cameraPicture: 'Lo que ve la cámara',
    cameraForbidden: 'El navegador no deja que esta página use la cámara', cameraNone: 'No se pudo usar ninguna cámara',
    cameraElse: 'Permítelo en el navegador o usa un lector de mano.', cameraTls: 'La cámara necesita que esta página venga por https.',

    ready: 'Lista para la próxima entrada', looking: 'Mirando…',
    verdicts: { welcome: 'Bienvenido', already: 'Ya está dentro', other: 'Otra función', cancelled: 'Anulada', foreign: 'No es nuestra',
        unpaid: 'Sin pagar', unready: 'Aún no está lista', full: 'Aquí ya no cabe más', late: 'Tarde para anotarla' },
    whys: { cancelled: 'Esta entrada fue devuelta.', foreign: 'Este cine no ha hecho ese código.',
        unpaid: 'La reserva no está pagada.', unready: 'Abre esta página una vez con conexión: no tiene claves con las que juzgar.',
        full: 'Este navegador no puede guardar más entradas. Conéctalo primero.', late: 'Se leyó más de un día antes de poder enviarla.' },
    cameIn: (time, where) => (where ? `A las ${time}, ${where}.` : `A las ${time}.`),
    forShowing: (showing) => `Es para ${showing}.`, forOtherDay: 'Es para otro día.',
    byList: 'Según la lista guardada; se enviará.', bySignature: 'Firmada por nosotros y más nueva que la lista guardada; se enviará.',
    seat: (row, number) => `Fila ${row}, asiento ${number}`, reservation: (n) => `Reserva ${n}`,
    before: 'Antes', troubles: 'Mira estas', troublesSeen: 'Ya las he visto',
    troublesWhy: 'Entraron mientras la puerta no tenía conexión, y la casa dijo después otra cosa.',

    newVersion: 'Hay una versión nueva de esta página', newVersionWhy: 'No se pierde nada de lo guardado.', newVersionTake: 'Usarla',
    failed: 'No ha funcionado', offline: 'Sin respuesta', offlineWhy: 'Comprueba la conexión y vuelve a probar.',
    errors: { not_found: 'No lo hemos encontrado.', busy: 'La casa está muy ocupada ahora mismo. Vuelve a probar en un momento.' },
};
