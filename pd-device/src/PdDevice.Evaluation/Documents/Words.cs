namespace PdDevice.Evaluation.Documents;

/// <summary>What documents are made of; of the kind pdd-tiny was trained to read (models/pdd-tiny/training/corpus.py).</summary>
internal static class Words
{
    public static readonly string[] FirstNames = Cut("Anna,Peter,Maria,Tom,Lena,Paul,Nora,Jonas,Ada,Felix,Clara,Hugo,Ida,Oscar,Ruth,Simon,Vera,Walter,Emma,Karl,Lucy,Max,Olga,Ivan,Rosa,Leo,Mina,Otto,Eva,Finn,Greta,Henry,Iris,Jack,Kate,Louis,Noah,Olive,Quinn,Rita,Sam,Tessa,Victor,Wendy,Yara,Zoe,Alice,Amir,Priya,Kenji,Fatima,Diego");
    public static readonly string[] LastNames = Cut("Miller,Stone,Wood,Baker,Hill,Fisher,Marsh,Brook,Carter,Young,Walker,Reed,Lane,Frost,Hale,Park,Kim,Silva,Rossi,Novak,Khan,Berg,Lund,Meyer,Duarte,Okafor,Tanaka,Petrov,Moreau,Weber,Costa,Singh");
    public static readonly string[] Onsets = Cut("b,br,c,ch,d,dr,f,fl,g,gr,h,j,k,l,m,n,p,pr,r,s,sh,sk,st,t,th,tr,v,w,y,z");
    public static readonly string[] Vowels = Cut("a,a,e,e,i,i,o,o,u,ai,ea,ie,oa");
    public static readonly string[] Codas = Cut("l,n,r,s,t,m,nd,rk,sk,th,ld,v,x,ck");
    public static readonly string[] Roles = Cut("cook,pilot,botanist,mechanic,archivist,surveyor,nurse,carpenter,teacher,baker,diver,gardener,tailor,captain,librarian,beekeeper,weaver,plumber,painter,geologist,translator,watchmaker,shepherd,blacksmith,electrician,photographer");
    public static readonly string[] TownsA = Cut("North,South,East,West,Upper,Lower,Old,New,Little,Gull,Cinder,Amber,Willow,Stone,River,Fox,Iron,Silver,Marsh");
    public static readonly string[] TownsB = Cut("Harbor,Bridge,Hollow,Field,Landing,Mill,Ford,Haven,Point,Ridge,Valley,Bay,Cross,Wells,Gate,Moor,Falls");
    public static readonly string[] Foods = Cut("barley soup,plum cake,rye bread,lentil stew,smoked trout,apple pie,fried rice,onion tart,pear jam,goat cheese,potato dumplings,ginger biscuits,honey toast,mushroom pasta,roast corn,walnut bread,cherry pudding,fish curry,bean salad");
    public static readonly string[] Drinks = Cut("black tea,cold milk,strong coffee,mint tea,apple juice,ginger beer,hot chocolate,lemon water,carrot juice");
    public static readonly string[] Pets = Cut("cat,dog,goat,parrot,rabbit,tortoise,ferret,pony,crow,hen,lizard,goose,donkey,hedgehog,owl");
    public static readonly string[] Instruments = Cut("fiddle,flute,drum,harp,accordion,banjo,trumpet,cello,guitar,piano,whistle,clarinet");
    public static readonly string[] Colors = Cut("red,green,blue,yellow,white,black,brown,grey,orange,purple,silver,copper");
    public static readonly string[] Things = Cut("locker,door,cabinet,crate,chest,gate,drawer,trunk,safe,box,cellar,shed");
    public static readonly string[] Items = Cut("lantern,compass,coil of rope,brass key,wool blanket,tin cup,folding knife,hand bell,glass jar,bicycle pump,sewing kit,fishing net,leather map,pocket watch,wooden whistle,oil can,paint brush,canvas tent,measuring tape,iron hook,candle");
    public static readonly string[] Rooms = Cut("the kitchen,the boat house,the attic,the north hut,the workshop,the reading room,the stable,the glass house,the tower,the engine room,the barn,the office,the guest room,the old mill,the chapel,the weather station,the pump house");
    public static readonly string[] Months = Cut("January,February,March,April,May,June,July,August,September,October,November,December");
    public static readonly string[] Fears = Cut("thunder,deep water,high ladders,spiders,the dark,geese,crowds,loud engines,thin ice,snakes");
    public static readonly string[] Subjects = Cut("mathematics,law,music,geology,medicine,history,painting,forestry,astronomy,chemistry,navigation,engineering");
    public static readonly string[] Weather = Cut("Rain fell until noon,The wind turned to the north,Fog lay over the bay,The morning was clear and cold,Snow covered the hills,A dry wind came from the east,The sky stayed grey,Thunder was heard in the west,The sun came out after lunch,Frost was on the windows,It was warm for the season,Clouds gathered over the lake,The tide was higher than usual,Hail struck the roof in the afternoon,The night was calm");
    public static readonly string[] Groups = Cut("The team,Two of the crew,The night shift,A neighbor,The children,Somebody,The council,An old friend,The guests");
    public static readonly string[] Verbs = Cut("repaired,cleaned,painted,moved,inspected,measured,counted,carried,sorted,replaced,oiled,tested,dried,packed,labelled,weighed");
    public static readonly string[] Objects = Cut("the fence,two ladders,the water pump,a broken window,the old boat,six crates,the roof tiles,the stove,a cart wheel,the signal lamp,the bee hives,a stack of planks,the main rope,the weather vane,the spare sails,three barrels,the stone wall,the garden path,the generator,the well cover,a set of hinges,the long table,the notice board,the rain gauge");
    public static readonly string[] Reasons = Cut("before the storm,after breakfast,without help,in less than an hour,as planned,for the second time,with great care,before dark,to save time,because the old one had failed,while the others rested,although it was cold,in the afternoon,by lamplight");
    public static readonly string[] Goods = Cut("nails,eggs,bricks,candles,maps,apples,ropes,bottles");
    public static readonly string[] Sights = Cut("geese,seals,boats,deer,lights,riders,whales,herons");
    public static readonly string[] Places = Cut("the bay,the lake,the ridge,the road,the woods");
    public static readonly string[] Plain =
    [
        "Nobody noticed anything unusual.", "The work went slowly.", "Supplies were enough for the week.", "The post arrived late.", "A letter was sent to the office.",
        "The bell rang twice.", "The clock in the hall had stopped.", "Tea was served at four.", "The visitors left before evening.", "The dogs barked at the gate.",
        "No ships were seen.", "The accounts were settled.", "Two lamps had to be refilled.", "The list was checked again.", "Everyone went to bed early.",
        "The radio was silent.", "A new notice was put on the board.", "The market was crowded.", "There was talk of an early winter.", "The meeting ended without a vote.",
        "Some tools were missing.", "The floor was swept.", "Fresh bread was brought from town.",
    ];

    private static string[] Cut(string list) => list.Split(',');
}
