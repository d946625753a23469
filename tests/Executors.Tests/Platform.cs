// Most tests wait more than they compute.
[assembly: CollectionBehavior(MaxParallelThreads = 4)]
[assembly: System.Runtime.Versioning.SupportedOSPlatform("linux")]
