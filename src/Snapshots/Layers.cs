namespace Switchyard.Snapshots;

/// <summary>
/// Working copies of layers: the frozen tree of the snapshot, which all its copies have in common, and over it what the run
/// changed. Whoever uses such a copy mounts both as one (Linux overlayfs) at its target, in a mount namespace of its own;
/// for all others the target holds what the run changed. Beside it lie <c>.lower</c>, a text that names the frozen tree, and
/// <c>.work</c>, the kernel's own, which the first who mounts makes.
/// </summary>
internal static class Layers
{
    public static string Lower(string target) => target + ".lower";

    public static string Work(string target) => target + ".work";

    /// <summary>Whether processes that this one starts can mount layers whose changes lie in a directory. Tried, not guessed.</summary>
    public static bool Possible(string scratch)
    {
        var possible = false;
        // The namespace is that of the thread alone, and ends with it.
        var thread = new Thread(() => possible = Try(scratch));
        thread.Start();
        thread.Join();
        return possible;
    }

    private static bool Try(string scratch)
    {
        // Other users could not rename directories of the frozen tree.
        if (Libc.geteuid() != 0 || Libc.unshare(Libc.NewMounts) < 0 || Libc.mount(null, "/", null, Libc.Recursive | Libc.Slave, null) < 0)
            return false;
        string[] places = ["lower", "changes", "work"];
        foreach (var place in places)
            Directory.CreateDirectory(Path.Combine(scratch, place));
        return Libc.chdir(scratch) == 0
            && Libc.mount("overlay", "changes", "overlay", 0, "lowerdir=lower,upperdir=changes,workdir=work,volatile,index=off,metacopy=off,redirect_dir=on") == 0;
    }
}
