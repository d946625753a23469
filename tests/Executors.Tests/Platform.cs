// Most tests wait more than they compute.
[assembly: CollectionBehavior(MaxParallelThreads = 6)]
[assembly: System.Runtime.Versioning.SupportedOSPlatform("linux")]
