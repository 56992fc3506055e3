// Names, streets and mail hosts of people who do not exist.

export const FIRST_NAMES = (
  'Ana,Maria,João,José,Antônio,Francisca,Carlos,Paulo,Adriana,Juliana,Márcia,Fernanda,Patrícia,Aline,Sandra,Pedro,Lucas,Luiz,' +
  'Marcos,Luís,Gabriel,Rafael,' +
  'Daniel,Marcelo,Bruno,Eduardo,Felipe,Rodrigo,Camila,Amanda,Bruna,Jéssica,Letícia,Júlia,Luciana,Vanessa,Mariana,Gustavo,' +
  'Vinícius,Íris,Sônia,Cláudia'
).split(',');
export const LAST_NAMES = (
  'Silva,Santos,Oliveira,Souza,Rodrigues,Ferreira,Alves,Pereira,Lima,Gomes,Ribeiro,Carvalho,Almeida,Lopes,Soares,Fernandes,' +
  'Vieira,Barbosa,Rocha,Dias,' +
  'Nascimento,Andrade,Moreira,Nunes,Marques,Machado,Mendes,Freitas,Cardoso,Ramos,Gonçalves,Araújo,Conceição,Teixeira,Magalhães'
).split(',');
export const STREETS =
  (
    'Rua das Flores,Avenida Paulista,Rua XV de Novembro,Rua São João,Avenida Brasil,Travessa do Comércio,Rua Sete de Setembro,' +
    'Alameda Santos,Rua da Praia,Avenida Getúlio Vargas'
  ).split(',');
export const MAIL_HOSTS = ['example.com', 'example.org', 'example.net', 'mail.example'];

const PLAIN: Readonly<Record<string, string>> = {
  á: 'a',
  ã: 'a',
  â: 'a',
  ç: 'c',
  é: 'e',
  ê: 'e',
  í: 'i',
  ó: 'o',
  ô: 'o',
  õ: 'o',
  ú: 'u',
  Í: 'I',
};

/** Without accents, lower case: for e-mail addresses. */
export function plain(name: string): string {
  return name.replace(/[^A-Za-z]/g, (letter) => PLAIN[letter] ?? '').toLowerCase();
}
