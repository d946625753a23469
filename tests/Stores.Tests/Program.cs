using System.Runtime.Versioning;
using Switchyard.Stores.Tests;
using Xunit.MicrosoftTestingPlatform;
using Xunit.Runner.InProc.SystemConsole;

[assembly: SupportedOSPlatform("linux")]

return args switch
{
    ["write-until-killed", var path] => await CrashChild.Write(path),
    ["write-until-killed", var path, var above] => await CrashChild.Write(path, above),
    ["probe", var path, .. var sizes] => await Probe.Run(path, sizes),
    _ when args.Any(arg => arg is "--server" or "--internal-msbuild-node") =>
        await TestPlatformTestFramework.RunAsync(args, SelfRegisteredExtensions.AddSelfRegisteredExtensions),
    _ => await ConsoleRunner.Run(args),
};
