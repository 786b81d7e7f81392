/**
 * Some of the regions that Mautic lists: those of the countries where many of EMS's people live, in Mautic's spelling
 * (accents are inconsistent). Each is accepted with any country; any other region is refused.
 */
const names = `
Alabama; Alaska; Arizona; Arkansas; California; Colorado; Connecticut; Delaware; Florida; Georgia; Hawaii; Idaho;
Illinois; Indiana; Iowa; Kansas; Kentucky; Louisiana; Maine; Maryland; Massachusetts; Michigan; Minnesota; Mississippi;
Missouri; Montana; Nebraska; Nevada; New Hampshire; New Jersey; New Mexico; New York; North Carolina; North Dakota;
Ohio; Oklahoma; Oregon; Pennsylvania; Rhode Island; South Carolina; South Dakota; Tennessee; Texas; Utah; Vermont;
Virginia; Washington; West Virginia; Wisconsin; Wyoming; District of Columbia; Puerto Rico;
Alberta; British Columbia; Manitoba; New Brunswick; Newfoundland and Labrador; Northwest Territories; Nova Scotia;
Nunavut; Ontario; Prince Edward Island; Quebec; Saskatchewan; Yukon Territory;
Aveiro; Beja; Braga; Bragança; Castelo Branco; Coimbra; Évora; Faro; Guarda; Leiria; Lisboa; Portalegre; Porto;
Santarém; Setúbal; Viana do Castelo; Vila Real; Viseu; Região Autónoma dos Açores; Região Autónoma da Madeira;
Baden-Württemberg; Bayern; Bremen; Hamburg; Hessen; Niedersachsen; Nordrhein-Westfalen; Rheinland-Pfalz; Saarland;
Schleswig-Holstein; Berlin; Brandenburg; Mecklenburg-Vorpommern; Sachsen; Sachsen-Anhalt; Thüringen;
Burgenland; Kärnten; Niederösterreich; Oberösterreich; Salzburg; Steiermark; Tirol; Vorarlberg; Wien;
Aargau; Bern; Basel-Landschaft; Basel-Stadt; Fribourg; Genève; Glarus; Graubünden; Jura; Luzern; Neuchâtel; Nidwalden;
Obwalden; St. Gallen; Schaffhausen; Solothurn; Schwyz; Thurgau; Ticino; Uri; Vaud; Valais; Zug; Zürich;
Auvergne-Rhône-Alpes; Bourgogne-Franche-Comté; Bretagne; Centre-Val de Loire; Corse; Grand Est; Hauts-de-France;
Île-de-France; Normandie; Nouvelle-Aquitaine; Occitanie; Pays de la Loire; Provence-Alpes-Côte d'Azur;
Limburg; Drente; Flevoland; Friesland; Gelderland; Groningen; Noord-Brabant; Noord-Holland; Overijssel; Utrecht;
Zuid-Holland; Zeeland;
Acre; Alagoas; Amazonas; Amapa; Bahia; Ceara; Distrito Federal; Espirito Santo; Goias; Maranhao; Minas Gerais;
Mato Grosso do Sul; Mato Grosso; Para; Paraiba; Pernambuco; Piaui; Parana; Rio de Janeiro; Rio Grande do Norte;
Rondonia; Roraima; Rio Grande do Sul; Santa Catarina; Sergipe; Sao Paulo; Tocantins
`;

export const regions: ReadonlySet<string> = new Set(names.split(';').map((name) => name.replaceAll('\n', ' ').trim()));
