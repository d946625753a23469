using Switchyard.Bench;
Console.WriteLine(await Conditions.Run(new Sizes(true)));
